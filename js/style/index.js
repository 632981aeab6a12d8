import './index.css';
import './banner.css';
import './sidebar.css';
