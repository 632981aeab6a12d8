import './index.css';
import './banner.css';
